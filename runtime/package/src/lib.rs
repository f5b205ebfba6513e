//! Reads platform manifests and folders of components into verified artifacts and grants
